// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.hpp"

#include "command.hpp"
#include "dumpcap.hpp"
#include "files.hpp"
#include "filter.hpp"
#include "input.hpp"
#include "key_log_file.hpp"
#include "link.hpp"
#include "ordered.hpp"
#include "pcapng.hpp"
#include "print.hpp"
#include "privileges.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace wscap {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto tick_time = 100ms;
constexpr auto look_time = 5ms; // between two looks at a key log, which are not free
// MiB; dumpcap's own 2 would leave it no time to wait for another process, which it has to do here.
constexpr char kernel_buffer[] = "16";
constexpr std::size_t hold_back = 2 << 20; // bytes of kept packets, to put them in order

constexpr auto last_packets = 1s; // come so long after the end of the program that sent them

volatile std::sig_atomic_t signals = 0, sent_signal = 0;

void on_signal(int number, siginfo_t* about, void*) {
    signals = signals + 1;
    if (about->si_code <= 0) // by a process; the terminal's goes to the program, too
        sent_signal = number;
}

void catch_signals() {
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO; // without SA_RESTART: a poll ends at once
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        sigaction(number, &action, nullptr);
    signal(SIGPIPE, SIG_IGN); // a closed pipe is reported by write()
}

/// One run: from dumpcap or a file, through the selection, to files and the screen.
class Run {
  public:
    explicit Run(const Options& options)
        : options_(options), ordered_(
                                 hold_back, [this](const Packet& packet, std::uint32_t) { emit(packet); },
                                 [this](const ClientRandom& random) { key_log_.want(random); },
                                 [this](const ClientRandom& random) {
                                     look_at_key_log();
                                     return key_log_.knows(random);
                                 }),
          selector_(options.criteria, options.limits, ordered_) {
        if (options_.criteria.all)
            key_log_.want_all();
    }

    int run() {
        catch_signals();
        open();
        attempt([&] {
            read();
            finish_selection();
        });
        const std::string source = close_source();
        if (problem_.empty() && !(options_.extcap && stopping_))
            problem_ = source;
        attempt([&] {
            if (print_)
                print_->finish();
        });
        attempt([&] {
            if (files_)
                files_->finish(selector_.counters().packets, reader_ ? reader_->dropped() : 0);
        });
        if (!options_.extcap && (problem_.empty() || selector_.counters().packets))
            summary();
        if (problem_.empty() || (options_.extcap && output_closed_)) // Wireshark closes its end where a capture is to stop
            return command_ ? status_of_command() : 0;
        std::fprintf(stderr, "wscap: %s\n", problem_.c_str());
        return 1;
    }

  private:
    bool live() const { return options_.read_file.empty(); }

    /// Secrets may come after their packets were read, and have to be written before them.
    bool follows_key_log() const { return live() && key_log_file_; }

    /// What goes wrong first is the problem.
    template <class Step>
    void attempt(Step step) {
        std::string problem;
        bool closed = false;
        try {
            step();
        } catch (const OutputClosed& error) {
            problem = error.what();
            closed = true;
        } catch (const std::exception& error) {
            problem = error.what();
        }
        if (problem_.empty()) {
            problem_ = std::move(problem);
            output_closed_ = closed;
        }
    }

    void open() {
        if (!options_.capture_filter.empty() && !live())
            filter_.emplace(options_.capture_filter);
        if (live())
            start_dumpcap();
        if (!options_.command.empty())
            command_.emplace(options_.command, options_.preload, options_.user);
        const auto& key_log = command_ ? command_->key_log() : options_.key_log;
        const bool first = plain_root(); // then only root may be able to open them
        if (!first)
            drop_privileges(options_.user);
        int input = -1;
        if (!live())
            input = open_for_reading(options_.read_file);
        if (!key_log.empty())
            key_log_file_.emplace(key_log);
        if (first && options_.use_ring)
            file_keeper_.emplace(options_.write_file);
        if (!options_.write_file.empty())
            files_.emplace(options_, interfaces_, file_keeper_ ? &*file_keeper_ : nullptr);
        if (first)
            drop_privileges(options_.user);
        if (options_.print)
            print_.emplace(options_, interfaces_);
        if (live())
            reader_ = read_pcapng(buffered_source([this](void* to, std::size_t size) { return dumpcap_->read(to, size); }),
                                  interfaces_);
        else
            reader_ = open_capture(input, options_.read_file, interfaces_);
        if (key_log_file_) {
            key_log_file_->read(key_log_);
            if (!live() && !key_log_file_->found())
                throw std::runtime_error(options_.key_log + ": there is no such file that can be read");
        }
    }

    void start_dumpcap() {
        std::vector<std::string> words;
        for (const auto& interface : options_.interfaces)
            words.insert(words.end(), {"-i", interface});
        // After -i these are about the interface before them, so the filter and the like go first, as
        // defaults.
        std::vector<std::string> defaults = options_.dumpcap;
        if (std::find(defaults.begin(), defaults.end(), "-B") == defaults.end())
            defaults.insert(defaults.end(), {"-B", kernel_buffer});
        if (!options_.capture_filter.empty())
            defaults.insert(defaults.end(), {"-f", options_.capture_filter});
        words.insert(words.begin(), defaults.begin(), defaults.end());
        dumpcap_.emplace(words);
    }

    void read() {
        started_ = next_tick_ = Clock::now();
        Packet packet;
        for (unsigned count = 0;; ++count) {
            const auto result = reader_->next(packet);
            if (live() && announced_ < interfaces_.size())
                announce();
            if (result == ReadResult::packet) {
                take(packet);
            } else if (result == ReadResult::wait) {
                dumpcap_->wait(static_cast<int>(std::chrono::milliseconds(tick_time).count()));
            } else {
                if (result == ReadResult::failed && !(dumpcap_ && stopping_))
                    read_problem_ = reader_->problem();
                return;
            }
            if ((result == ReadResult::wait || count % 1024 == 0) && Clock::now() >= next_tick_)
                tick();
            if (should_stop())
                return;
        }
    }

    /// dumpcap describes an interface once it captures there.
    void announce() {
        for (; announced_ < interfaces_.size(); ++announced_)
            pcapng::each_option(ws::as_bytes(interfaces_[announced_].options), [&](std::uint16_t code, Bytes value) {
                if (code == pcapng::if_name && !options_.quiet && !options_.extcap)
                    std::fprintf(stderr, "wscap: capturing on %.*s\n", static_cast<int>(value.size()),
                                 reinterpret_cast<const char*>(value.data()));
            });
        if (command_)
            command_->start();
    }

    /// The program has ended, and its last packets are there.
    bool command_is_over() {
        if (sent_signal)
            command_->pass_on(std::exchange(sent_signal, 0));
        if (!command_->ended())
            return false;
        if (!command_ended_)
            command_ended_ = Clock::now();
        return Clock::now() - *command_ended_ >= last_packets;
    }

    /// Its exit status; the capture may be over before it. 1 if a signal came before it started.
    int status_of_command() {
        if (!command_->started())
            return 1;
        for (; !command_->ended(); command_is_over())
            poll(nullptr, 0, 100);
        return *command_->ended();
    }

    void take(const Packet& packet) {
        const auto link_type = interfaces_[packet.interface].link_type;
        if (filter_ && !filter_->accepts(packet, link_type))
            return;
        if (auto lines = reader_->take_secrets(); !lines.empty())
            key_log_.add(lines + "\n");
        if (!is_known(link_type) && !options_.criteria.all)
            return;
        newest_ = packet.order;
        selector_.packet(packet, link_type);
        if (!ordered_.empty() && !follows_key_log())
            ordered_.release(selector_.oldest_waiting());
    }

    bool is_known(std::uint16_t link_type) {
        if (is_known_link(link_type))
            return true;
        unknown_link_ = link_type;
        return false;
    }

    /// Live: true once the last packet was read, or at the second signal. A file: at the first.
    bool should_stop() {
        const bool asked = (command_ && command_->started() ? command_is_over() || signals > 1 : signals > 0) || full_ ||
                           (files_ && files_->full()) ||
                           (options_.stop.seconds && Clock::now() - started_ >= std::chrono::seconds(options_.stop.seconds));
        if (!asked)
            return false;
        if (!dumpcap_ || signals > 1 || full_ || (files_ && files_->full()))
            return stopping_ = true;
        if (!stopping_)
            dumpcap_->stop(); // what it still has comes, and then the end
        stopping_ = true;
        return false;
    }

    void tick() {
        next_tick_ = Clock::now() + tick_time;
        if (follows_key_log())
            key_log_file_->poll(key_log_);
        if (live()) {
            // Nobody watching waits for the sake of the order; and for secrets, a tick or two is enough.
            ordered_.release(newest_at_last_tick_);
            newest_at_last_tick_ = newest_ + 1;
        }
        flush_secrets();
        if (files_ && live())
            files_->tick();
        if (print_) {
            print_->check();
            print_->flush();
        }
        progress();
    }

    void look_at_key_log() {
        if (!follows_key_log() || Clock::now() < next_look_)
            return;
        key_log_file_->poll(key_log_);
        next_look_ = Clock::now() + look_time;
    }

    void flush_secrets() {
        const auto lines = key_log_.take();
        if (lines.empty())
            return;
        if (files_)
            files_->secrets(lines);
        if (print_)
            print_->secrets(lines);
    }

    void emit(const Packet& packet) {
        if (full_)
            return;
        look_at_key_log();
        flush_secrets();
        if (files_)
            files_->packet(packet);
        if (files_ && files_->full())
            return;
        if (print_)
            print_->packet(packet);
        ++kept_;
        full_ = options_.stop.packets && kept_ >= options_.stop.packets;
    }

    void finish_selection() {
        if (key_log_file_)
            key_log_file_->read(key_log_);
        selector_.finish();
        ordered_.release(~std::uint64_t{0});
        flush_secrets();
        if (!read_problem_.empty())
            throw std::runtime_error((live() ? "from dumpcap" : options_.read_file) + ": " + read_problem_ +
                                     "; what came before is kept");
    }

    std::string close_source() {
        if (!dumpcap_)
            return {};
        dumpcap_->stop();
        // It may be waiting for us to read.
        Packet packet;
        for (int patience = 100; patience > 0;) {
            const auto result = reader_->next(packet);
            if (result == ReadResult::wait) {
                dumpcap_->wait(100);
                --patience;
            } else if (result != ReadResult::packet) {
                break;
            }
        }
        return dumpcap_->finish();
    }

    void progress() {
        if (options_.quiet || command_ || options_.extcap || options_.print || !isatty(STDERR_FILENO))
            return;
        const auto& counters = selector_.counters();
        std::fprintf(stderr, "\rwscap: %llu packets, %llu kept of %llu connections\033[K",
                     static_cast<unsigned long long>(counters.packets), static_cast<unsigned long long>(kept_),
                     static_cast<unsigned long long>(counters.kept_connections));
        progress_shown_ = true;
    }

    void summary() const {
        const auto& counters = selector_.counters();
        const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
        if (progress_shown_)
            std::fputs("\r\033[K", stderr);
        std::fprintf(stderr,
                     "wscap: %llu packets %s, %llu kept, %llu dropped by the kernel\n"
                     "wscap: %llu connections seen, %llu WebSocket connections kept",
                     number(counters.packets), live() ? "captured" : "read", number(files_ ? files_->packets() : kept_),
                     number(reader_ ? reader_->dropped() : 0), number(counters.connections),
                     number(counters.kept_connections - counters.kept_tls));
        if (options_.criteria.tls)
            std::fprintf(stderr, ", %llu TLS connections kept", number(counters.kept_tls));
        std::fputs("\n", stderr);
        if (counters.incomplete)
            std::fprintf(stderr, "wscap: %llu of them lack packets before the upgrade (more than --wait-connection)\n",
                         number(counters.incomplete));
        if (counters.forgotten)
            std::fprintf(stderr, "wscap: %llu undecided connections had to be forgotten (more than --wait-total)\n",
                         number(counters.forgotten));
        if (counters.endless)
            std::fprintf(stderr, "wscap: %llu kept connections that never ended had to be forgotten (more than %zu)\n",
                         number(counters.endless), options_.limits.kept);
        if (unknown_link_)
            std::fprintf(stderr, "wscap: packets of link type %u were passed over: not known here\n", *unknown_link_);
    }

    const Options& options_;
    std::vector<Interface> interfaces_;
    KeyLog key_log_;
    std::optional<KeyLogFile> key_log_file_;
    std::optional<Filter> filter_;
    std::optional<FileKeeper> file_keeper_;
    std::optional<Files> files_;
    std::optional<Print> print_;
    std::optional<Dumpcap> dumpcap_;
    std::optional<Command> command_;
    std::optional<Clock::time_point> command_ended_;
    std::unique_ptr<Reader> reader_;
    Ordered ordered_;
    Selector selector_;
    Clock::time_point started_, next_tick_, next_look_;
    std::uint64_t newest_ = 0, newest_at_last_tick_ = 0, kept_ = 0;
    std::string read_problem_, problem_;
    std::optional<unsigned> unknown_link_;
    std::size_t announced_ = 0;
    bool output_closed_ = false; ///< That is the problem.
    bool full_ = false, stopping_ = false, progress_shown_ = false;
};

} // namespace

int run_capture(const Options& options) {
    return Run(options).run();
}

} // namespace wscap
